/**
 * Clusters in a Worker of one's own:
 *
 *     import { type Bindings, handle } from "durable-raft";
 *     export { RaftMember } from "durable-raft";
 *     export default { fetch: handle } satisfies ExportedHandler<Bindings>;
 *
 * Its wrangler.toml binds MEMBER to RaftMember, as this project's own does.
 */
export type { MemberVariables } from "./cloudflare/configuration.ts";
export type { FrontVariables } from "./cloudflare/deployment.ts";
export { type MemberBindings, RaftMember } from "./cloudflare/durable-object.ts";
export { type Bindings, handle } from "./cloudflare/front.ts";
