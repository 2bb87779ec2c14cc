import type { Phase } from "../../rpc/messages.ts";
import type { Running } from "./running.ts";

/** The phase of a member, and its running part. */
export class MemberState {
  phase: Phase = "starting";
  /** Why the member stopped; "" before. */
  reason = "";
  running: Running | undefined;

  /** The running part, if it serves and may write. */
  get serving(): Running | undefined {
    return this.phase === "ready" ? this.running : undefined;
  }

  /** What hears peers: also what only waits to know whether its cluster sleeps. */
  get hearing(): Running | undefined {
    return this.running?.sleep.starting ? this.running : this.serving;
  }
}
