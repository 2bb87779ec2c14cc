import type { Stanza } from "./datadriven/script.ts";
import { scriptCommands } from "./env/commands.ts";
import { Environment } from "./env/environment.ts";
import { CommandError, isPrinted } from "./env/errors.ts";
import type { ScriptHarness } from "./kinds.ts";

/** Drives a group of nodes command by command and shows all they do. */
export class InteractionHarness implements ScriptHarness {
  readonly #env = new Environment();

  run({ name, args, input }: Stanza): string {
    const { output } = this.#env;
    output.reset();
    try {
      const handle = scriptCommands.get(name);
      if (handle === undefined) throw new CommandError("unknown command");
      handle(this.#env, args, input);
    } catch (error) {
      if (!isPrinted(error)) throw error;
      // Silence is for what goes as planned.
      if (output.quiet) return error.message;
      output.write(error.message);
    }
    return output.text === "" ? "ok" : output.text;
  }
}
