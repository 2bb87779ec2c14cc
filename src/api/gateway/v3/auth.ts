/** etcd's Auth service. Passwords are hashed and checked here, never by a member. */

import { errors } from "../../../etcd/errors.ts";
import { parsePasswordRecord } from "../../../kv/auth/password-record.ts";
import { tokenLetterBytes, tokenLettersFrom } from "../../../kv/auth/token-table.ts";
import * as pb from "../../../proto/generated/etcd.ts";
import { PasswordRequest } from "../../../proto/generated/kv.ts";
import type { Login } from "../../../rpc/messages.ts";
import { ApiError, isKind } from "../../base/error.ts";
import type { Context } from "../../http/context.ts";
import { checkAdmin } from "../../store/admin.ts";
import { answerOf } from "../../store/answer.ts";
import { type Method, proposal, query, unary } from "./method.ts";
import { decoyRecord, hashPassword, PASSWORD_ITERATIONS, verifyPassword } from "./password.ts";

const maxTries = 4;
/** In characters. A user with a longer name can only come in with the deployment's token. */
const maxLoginName = 1_024;

/** The record that the log gets in place of a password. Throws ApiError. */
async function hashed(
  context: Context,
  given: { password: string; hashedPassword: string },
): Promise<string> {
  const { password, hashedPassword } = given;
  if (hashedPassword === "") {
    // Hashing is expensive, so permission is checked first.
    await checkAdmin(context);
    return hashPassword(password);
  }
  // etcd takes a bcrypt hash here, which could never be checked.
  const record = parsePasswordRecord(hashedPassword);
  // The platform allows no more iterations, and each costs time at every login.
  if (record === undefined || record.iterations > PASSWORD_ITERATIONS) {
    throw ApiError.of(errors.invalidAuthManagement);
  }
  return hashedPassword;
}

const userAdd = unary(pb.AuthUserAddRequest, pb.AuthUserAddResponse, async (context, request) => {
  if (request.name === "") throw ApiError.of(errors.userEmpty);
  const hashedPassword = request.options?.noPassword ? "" : await hashed(context, request);
  const authUserAdd = { ...request, password: "", hashedPassword };
  const reply = await context.cluster.propose({ authUserAdd }, context.call());
  return answerOf<pb.AuthUserAddResponse>(context, reply, "authUserAdd");
});

const changePassword = unary(
  pb.AuthUserChangePasswordRequest,
  pb.AuthUserChangePasswordResponse,
  async (context, request) => {
    const hashedPassword = await hashed(context, request);
    const authUserChangePassword = { ...request, password: "", hashedPassword };
    const reply = await context.cluster.propose({ authUserChangePassword }, context.call());
    const field = "authUserChangePassword";
    return answerOf<pb.AuthUserChangePasswordResponse>(context, reply, field);
  },
);

const withoutPassword = [errors.authFailed, errors.noPasswordUser];

/** The record to check a password against, from the leader, which counts the attempts. */
async function passwordOf(context: Context, login: Login, password: string) {
  const body = { password: PasswordRequest.create({ name: login.user }) };
  try {
    const found = await context.cluster.query(body, "leader", context.call(), login);
    const { hashedPassword = "", authRevision = 0 } = found.response.password ?? {};
    return { hashedPassword, authRevision };
  } catch (error) {
    // The time of a refusal must not show whether the user exists.
    const unknown = withoutPassword.some((kind) => isKind(error, kind));
    if (unknown) await verifyPassword(decoyRecord, password);
    throw error;
  }
}

/** A non-zero number from 6 random bytes. */
const attemptOf = (random: Uint8Array): number =>
  1 + random.reduce((number, byte) => number * 256 + byte, 0);

const authenticate = unary(
  pb.AuthenticateRequest,
  pb.AuthenticateResponse,
  async (context, { name, password }) => {
    if (name.length > maxLoginName) {
      await verifyPassword(decoyRecord, password);
      throw ApiError.of(errors.authFailed);
    }
    for (let tries = 1; ; tries += 1) {
      const attempt = attemptOf(context.random(6));
      const login = { attempt, user: name, source: context.from };
      const { hashedPassword, authRevision } = await passwordOf(context, login, password);
      if (!(await verifyPassword(hashedPassword, password))) throw ApiError.of(errors.authFailed);
      const simpleToken = tokenLettersFrom(context.random(tokenLetterBytes));
      const request = { name, simpleToken, authRevision };
      try {
        const call = context.call();
        const reply = await context.cluster.propose({ authenticate: request }, call, attempt);
        return answerOf<pb.AuthenticateResponse>(context, reply, "authenticate");
      } catch (error) {
        if (!isKind(error, errors.authOldRevision) || tries === maxTries) throw error;
      }
    }
  },
);

export const authMethods: Readonly<Record<string, Method>> = {
  "auth/enable": proposal(pb.AuthEnableRequest, pb.AuthEnableResponse, "authEnable"),
  "auth/disable": proposal(pb.AuthDisableRequest, pb.AuthDisableResponse, "authDisable"),
  "auth/status": query(pb.AuthStatusRequest, pb.AuthStatusResponse, "authStatus"),
  "auth/authenticate": authenticate,
  "auth/user/add": userAdd,
  "auth/user/get": query(pb.AuthUserGetRequest, pb.AuthUserGetResponse, "authUserGet"),
  "auth/user/list": query(pb.AuthUserListRequest, pb.AuthUserListResponse, "authUserList"),
  "auth/user/delete": proposal(
    pb.AuthUserDeleteRequest,
    pb.AuthUserDeleteResponse,
    "authUserDelete",
  ),
  "auth/user/changepw": changePassword,
  "auth/user/grant": proposal(
    pb.AuthUserGrantRoleRequest,
    pb.AuthUserGrantRoleResponse,
    "authUserGrantRole",
  ),
  "auth/user/revoke": proposal(
    pb.AuthUserRevokeRoleRequest,
    pb.AuthUserRevokeRoleResponse,
    "authUserRevokeRole",
  ),
  "auth/role/add": proposal(pb.AuthRoleAddRequest, pb.AuthRoleAddResponse, "authRoleAdd"),
  "auth/role/get": query(pb.AuthRoleGetRequest, pb.AuthRoleGetResponse, "authRoleGet"),
  "auth/role/list": query(pb.AuthRoleListRequest, pb.AuthRoleListResponse, "authRoleList"),
  "auth/role/delete": proposal(
    pb.AuthRoleDeleteRequest,
    pb.AuthRoleDeleteResponse,
    "authRoleDelete",
  ),
  "auth/role/grant": proposal(
    pb.AuthRoleGrantPermissionRequest,
    pb.AuthRoleGrantPermissionResponse,
    "authRoleGrantPermission",
  ),
  "auth/role/revoke": proposal(
    pb.AuthRoleRevokePermissionRequest,
    pb.AuthRoleRevokePermissionResponse,
    "authRoleRevokePermission",
  ),
};
