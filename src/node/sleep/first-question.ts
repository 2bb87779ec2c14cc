import type { Core } from "../core.ts";
import type { Stand } from "../peers/frame-codec.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";

/**
 * What a member that starts asks the others, and wakes nobody by it: how far they are. Whom its
 * last vote was for may lead still, and knows; if not, the others are asked. `done` with the newest
 * of those who know a leader, or with undefined.
 */
export function askStand(core: Core, raft: RaftNode, done: (found: Stand | undefined) => void) {
  const { vote } = raft.node.basicStatus().hardState;
  const { calls } = core;
  const { others } = core.roster;
  const ask = (members: readonly number[], next: (found: Stand | undefined) => void) =>
    calls.callAll(members, "slept", (answers) => {
      const stands = [...answers.values()].flatMap(({ refused, sleep }) =>
        refused === "" && sleep !== undefined && sleep.lead !== 0 ? [sleep] : [],
      );
      next(stands.sort((a, b) => b.term - a.term || b.index - a.index)[0]);
    });
  const rest = others.filter((id) => id !== vote);
  if (rest.length === others.length) ask(others, done);
  else ask([vote], (found) => (found === undefined ? ask(rest, done) : done(found)));
}
