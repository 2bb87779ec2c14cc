import type { MemberInputs } from "../../src/node/member/inputs.ts";
import type { MemberEnvironment } from "../../src/node/world/environment.ts";
import type { MemberOptions } from "../../src/node/world/options.ts";

/** Makes the member of one instance. Never throws on damage: the member says so in its status. */
export type MemberFactory = (
  environment: MemberEnvironment,
  options: MemberOptions,
) => MemberInputs;
