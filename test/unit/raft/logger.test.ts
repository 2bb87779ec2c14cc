import assert from "node:assert/strict";
import { test } from "node:test";
import { discardLogger, LineLogger, type Logger, LogLevel } from "../../../src/raft/logger.ts";

function logAll(logger: Logger): void {
  logger.debug("a");
  logger.info("b");
  logger.warning("c");
  logger.error("d");
  logger.fatal("e");
  logger.panic("f");
}

test("a line logger hands on what is at its level or above, under etcd's names", () => {
  const lines: string[] = [];
  const logger = new LineLogger((level, message) => lines.push(`${level} ${message}`));
  logAll(logger);
  assert.deepEqual(lines, ["INFO b", "WARN c", "ERROR d", "FATAL e", "FATAL f"]);
  lines.length = 0;
  logger.level = LogLevel.DEBUG;
  logger.debug("a");
  logger.level = LogLevel.NONE;
  logAll(logger);
  assert.deepEqual(lines, ["DEBUG a"]);
});

test("by default nothing is kept", () => {
  assert.doesNotThrow(() => logAll(discardLogger));
});
