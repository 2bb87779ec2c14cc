/**
 * The core's log, with etcd's levels. The core prints nothing by itself. A message is one line
 * without its level, made only on rare paths: elections, rejections, snapshots, configuration
 * changes.
 */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  /** A state that cannot be recovered. The core throws right after it. */
  fatal(message: string): void;
  /** A broken invariant. The core throws right after it. */
  panic(message: string): void;
}

export const LogLevel = {
  DEBUG: 0,
  INFO: 1,
  WARN: 2,
  ERROR: 3,
  FATAL: 4,
  NONE: 5,
} as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

function discard(): void {
  // Discards everything.
}

/** Discards everything: the default. */
export const discardLogger: Logger = {
  debug: discard,
  info: discard,
  warning: discard,
  error: discard,
  fatal: discard,
  panic: discard,
};

/** Passes each line at or above a level to one function, as `LEVEL` and text. */
export class LineLogger implements Logger {
  /** May be changed at any time. */
  level: LogLevel;
  readonly #write: (level: keyof typeof LogLevel, message: string) => void;

  constructor(
    write: (level: keyof typeof LogLevel, message: string) => void,
    level: LogLevel = LogLevel.INFO,
  ) {
    this.#write = write;
    this.level = level;
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
    if (LogLevel[level] >= this.level) this.#write(level, message);
  }
}
