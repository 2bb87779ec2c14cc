import { Changer, type Membership } from "../../../src/raft/confchange/changer.ts";
import { ConfChangeError } from "../../../src/raft/confchange/errors.ts";
import { confChangesFromText } from "../../../src/raft/confchange/v2.ts";
import { configText, emptyConfig } from "../../../src/raft/tracker/config.ts";
import { ProgressMap } from "../../../src/raft/tracker/progressmap.ts";
import { bool } from "./datadriven/line.ts";
import type { Stanza } from "./datadriven/script.ts";
import type { ScriptHarness } from "./kinds.ts";

/** Applies configuration changes to an empty membership, one command after another. */
export class ConfChangeHarness implements ScriptHarness {
  #membership: Membership = { config: emptyConfig, progress: ProgressMap.empty };
  /** Counts the commands, so that `next` shows in which one a progress was made. */
  #lastIndex = 0;

  run(stanza: Stanza): string {
    const base = { ...this.#membership, maxInflight: 10, maxInflightBytes: 0 };
    const changer = new Changer(base, this.#lastIndex++);
    try {
      this.#membership = change(changer, stanza);
    } catch (error) {
      if (error instanceof ConfChangeError) return `${error.message}\n`;
      throw error;
    }
    return `${configText(this.#membership.config)}\n${this.#membership.progress}`;
  }
}

function change(changer: Changer, { name, args, input }: Stanza): Membership {
  const changes = confChangesFromText(input);
  switch (name) {
    case "simple":
      return changer.simple(changes);
    case "enter-joint": {
      const autoLeave = args.find(({ key }) => key === "autoleave")?.values[0] ?? "false";
      return changer.enterJoint(bool(autoLeave), changes);
    }
    case "leave-joint":
      if (changes.length > 0) throw new ConfChangeError("this command takes no input");
      return changer.leaveJoint();
    default:
      throw new ConfChangeError("unknown command");
  }
}
