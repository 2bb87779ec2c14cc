import type { Clients } from "../clients/clients.ts";
import type { Surroundings } from "../clients/surroundings.ts";
import { checkFamily } from "./kv-model.ts";
import { UndecidedError } from "./linearizability.ts";
import {
  answerProblems,
  onceProblems,
  Past,
  realTimeProblems,
  uniqueRevisionProblems,
} from "./revisions.ts";
import { monotonicProblems } from "./serializable.ts";
import { chronicleOf } from "./watch.ts";

/** Holds all that clients saw against what they were promised. Returns how many revisions. */
export function checkHistories(
  world: Surroundings,
  clients: Pick<Clients, "history" | "watchLogs">,
): number {
  const { history } = clients;
  const report = (check: string, problems: readonly string[]): void => {
    for (const problem of problems.slice(0, 3)) world.violation(check, problem);
  };
  const { chronicle, problems } = chronicleOf(clients.watchLogs);
  report("watch", problems);
  report("real time", realTimeProblems(history.answers));
  report("revisions", uniqueRevisionProblems(history.answers));
  report("serializable", monotonicProblems(history.answers));
  report("once", onceProblems(chronicle, history.refused));
  report("answers", answerProblems(history.answers, new Past(chronicle)));
  const deletions = [...chronicle]
    .sort(([a], [b]) => a - b)
    .flatMap(([revision, events]) =>
      events.flatMap(({ key, value }) => (value === undefined ? [{ key, revision }] : [])),
    );
  for (const [family, operations] of history.families) {
    try {
      const gone = deletions.filter(({ key }) => key.startsWith(`${family}/`));
      const verdict = checkFamily(operations, history.serializable.get(family), gone);
      if (!verdict.linearizable) world.violation("linearizability", `${family}: ${verdict.reason}`);
    } catch (error) {
      if (!(error instanceof UndecidedError)) throw error;
      world.violation("undecided", `${family}: ${error.message}`);
    }
  }
  return chronicle.size;
}
