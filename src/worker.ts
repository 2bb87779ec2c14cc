/** The entry point of this project's own deployment (wrangler.toml). */
import { type Bindings, handle } from "./index.ts";

export { RaftMember } from "./index.ts";

export default { fetch: handle } satisfies ExportedHandler<Bindings>;
