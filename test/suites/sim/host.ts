import type { MemberFactory } from "../../../src/node/member/inputs.ts";
import { Member } from "../../../src/node/member/member.ts";

/** The real host: everything but the Durable Object's shell. */
export const memberFactory: MemberFactory = (environment, options) =>
  new Member(environment, options);
