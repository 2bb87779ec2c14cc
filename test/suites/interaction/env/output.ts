import { type Logger, LogLevel } from "../../../../src/raft/logger.ts";

const names = Object.keys(LogLevel) as (keyof typeof LogLevel)[];

/** All names, as an error lists them. */
export const levelNames = `[${names.join(" ")}]`;

/** A level by its name, in any case; undefined where there is none. */
export function levelNamed(name: string): LogLevel | undefined {
  const found = names.find((each) => each === name.toUpperCase());
  return found === undefined ? undefined : LogLevel[found];
}

/**
 * What one command prints: the harness's own lines and, in between, what raft logs. At level NONE
 * both are dropped.
 */
export class Output implements Logger {
  level: LogLevel = LogLevel.DEBUG;
  #text = "";

  get quiet(): boolean {
    return this.level === LogLevel.NONE;
  }

  get text(): string {
    return this.#text;
  }

  reset(): void {
    this.#text = "";
  }

  write(text: string): void {
    if (!this.quiet) this.#text += text;
  }

  line(text: string): void {
    this.write(`${text}\n`);
  }

  /** Prints a heading, and what `body` prints indented below it. */
  section(heading: string, body: () => void): void {
    this.line(heading);
    const before = this.#text;
    this.#text = "";
    try {
      body();
    } finally {
      const lines = this.#text.replace(/\n$/, "").split("\n");
      const inner = this.#text === "" ? "" : lines.map((line) => `  ${line}\n`).join("");
      this.#text = before + inner;
    }
  }

  debug(message: string): void {
    this.#log("DEBUG", message);
  }

  info(message: string): void {
    this.#log("INFO", message);
  }

  warning(message: string): void {
    this.#log("WARN", message);
  }

  error(message: string): void {
    this.#log("ERROR", message);
  }

  fatal(message: string): void {
    this.#log("FATAL", message);
  }

  panic(message: string): void {
    this.#log("FATAL", message);
  }

  #log(level: keyof typeof LogLevel, message: string): void {
    if (LogLevel[level] >= this.level) this.line(`${level} ${message.replace(/\n$/, "")}`);
  }
}
