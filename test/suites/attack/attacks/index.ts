import type { Attack } from "../attack.ts";
import { disk } from "./disk.ts";
import { json } from "./json.ts";
import { logins } from "./logins.ts";
import { memory } from "./memory.ts";
import { strangers } from "./strangers.ts";
import { waits } from "./waits.ts";
import { walksAttack } from "./walks.ts";
import { watches } from "./watches.ts";

/** In the order in which they are carried out. */
export const attacks: readonly Attack[] = [
  ...[strangers, json, logins, walksAttack, memory, waits, watches, disk],
];
