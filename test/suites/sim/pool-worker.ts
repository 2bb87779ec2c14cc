import { parentPort } from "node:worker_threads";
import { memberFactory as factory } from "./host.ts";
import type { Task } from "./pool.ts";
import { runSeed } from "./run.ts";

parentPort?.on("message", async (task: Task) => {
  parentPort?.postMessage(await runSeed({ ...task, factory }));
});
