import { Member } from "../../../src/node/member/member.ts";
import type { MemberFactory } from "../../support/member-factory.ts";

/** The real host: everything but the Durable Object's shell. */
export const memberFactory: MemberFactory = (environment, options) =>
  new Member(environment, options);
