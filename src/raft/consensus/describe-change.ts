import { ConfChangeTransition, ConfChangeType, type ConfChangeV2 } from "../../proto/raftpb.ts";
import { quote } from "../quote.ts";

/** A change as in etcd's logs: `transition:... changes:{type:... node_id:1} context:"..."` */
export function describeConfChange(change: ConfChangeV2): string {
  let text = `transition:${nameOf(ConfChangeTransition, change.transition)}`;
  for (const { type, nodeId } of change.changes) {
    text += ` changes:{type:${nameOf(ConfChangeType, type)} node_id:${nodeId}}`;
  }
  if (change.context.length > 0) text += ` context:${quote(change.context)}`;
  return text;
}

function nameOf(values: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(values).find((name) => values[name] === value) ?? String(value);
}
