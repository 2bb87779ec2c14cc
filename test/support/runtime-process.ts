import { dirname } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { RuntimeCommand, RuntimeOptions, RuntimeReply } from "./runtime.ts";

/**
 * The process that runs workerd: started by `Runtime.start`, told what to do over Node's IPC
 * channel. A process of its own, so that a test can kill the whole of it at once.
 */
function reply(message: RuntimeReply): void {
  process.send?.(message);
}

/** wrangler.toml as miniflare has it. Loading wrangler takes longer than starting workerd. */
async function workerOptionsOf(configPath: string): Promise<Record<string, unknown>> {
  const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
  return unstable_getMiniflareWorkerOptions(configPath).workerOptions;
}

async function serve(
  options: RuntimeOptions,
  workerOptions: Record<string, unknown>,
): Promise<Miniflare> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...workerOptions,
      bindings: { ...(workerOptions.bindings as Record<string, string>), ...options.vars },
      // Modules are named by their path from here, and no name may climb out of it.
      rootPath: dirname(options.bundlePath),
      modules: [{ type: "ESModule", path: options.bundlePath }],
      name: "durable-raft",
      host: "127.0.0.1",
      port: 0,
      resourcePersistencePath: options.folder,
      ...(options.inspected ? { inspectorPort: 0, inspectorHost: "127.0.0.1" } : {}),
      // Requests reach the Worker without the development proxy in front of it.
      unsafeDirectSockets: [{ host: "127.0.0.1", port: options.port }],
    }),
  );
  await miniflare.ready;
  return miniflare;
}

let running: Miniflare | undefined;

async function handle(command: RuntimeCommand): Promise<void> {
  if (command.kind === "start") {
    const { options } = command;
    const workerOptions = command.workerOptions ?? (await workerOptionsOf(options.configPath));
    running = await serve(options, workerOptions);
    const url = String(await running.unsafeGetDirectURL());
    const inspectorUrl = options.inspected ? String(await running.getInspectorURL()) : "";
    reply({ kind: "ready", url, inspectorUrl, workerOptions });
  } else {
    await running?.dispose();
    process.exit(0);
  }
}

process.on("message", (command: RuntimeCommand) => {
  handle(command).catch((error: unknown) => {
    reply({
      kind: "failed",
      message: error instanceof Error ? String(error.stack) : String(error),
    });
  });
});
process.on("disconnect", () => process.exit(0));
