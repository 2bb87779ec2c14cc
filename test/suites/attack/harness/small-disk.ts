/** A file system that is soon full. */
import { execFileSync } from "node:child_process";
import { temporaryFolder } from "../../../support/runtime.ts";

export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
    process.once("exit", () => this.end());
  }

  /** A text where this user or this system cannot mount one: why not. */
  static mount(megabytes: number): SmallDisk | string {
    const folder = temporaryFolder();
    try {
      command("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]);
    } catch (error) {
      return `no small file system can be mounted: ${(error as Error).message.trim()}`;
    }
    return new SmallDisk(folder);
  }

  /** Makes room. */
  grow(megabytes: number): void {
    command("mount", ["-o", `remount,size=${megabytes}m`, this.folder]);
  }

  /** Also while a process still has files there. */
  end(): void {
    try {
      command("umount", ["-l", this.folder]);
    } catch {
      // It was ended before.
    }
  }
}

function command(name: string, args: readonly string[]): void {
  execFileSync(name, args, { stdio: ["ignore", "ignore", "pipe"] });
}
