import type { Phase } from "../../rpc/messages.ts";
import type { Running } from "./running.ts";

/** How far a member is, and what runs. */
export class MemberState {
  phase: Phase = "starting";
  /** Why it stopped; "" while it has not. */
  damage = "";
  running: Running | undefined;

  /** What runs, where it serves and may write. */
  get serving(): Running | undefined {
    return this.phase === "ready" ? this.running : undefined;
  }
}
