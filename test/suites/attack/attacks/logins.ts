/** Attempts to log in: each is a password hash, which is dear by intention. */
import type { Attack, Stage } from "../attack.ts";
import { type Answered, ask, each, sleep } from "../harness/http.ts";
import { Meter } from "../harness/meter.ts";
import { bearer, from, stranger, type Target } from "../harness/target.ts";

const token = "the deployment's token";
const attempts = 300;
const users = 60;
const samples = 5;
const loginMs = 20_000;
const path = "/v3/auth/authenticate";

const passwordOf = (user: string): string => `the password of ${user}`;

function login(
  target: Target,
  name: string,
  password: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answered> {
  const body = JSON.stringify({ name, password });
  return ask(`${target.url}${path}`, { body, headers, timeoutMs: loginMs });
}

/** Users with passwords, and etcd's auth enabled. Returns root's headers. */
async function prepare(target: Target): Promise<Readonly<Record<string, string>>> {
  const all = ["root", ...Array.from({ length: users }, (_, i) => `user-${i}`)];
  await each(all.length, 4, async (i) => {
    const name = all[i] ?? "";
    await target.must("/v3/auth/user/add", { name, password: passwordOf(name) });
  });
  await target.must("/v3/auth/role/add", { name: "root" });
  await target.must("/v3/auth/user/grant", { user: "root", role: "root" });
  await target.must("/v3/auth/enable");
  const root = { name: "root", password: passwordOf("root") };
  const { token: given } = await target.must<{ token: string }>(path, root);
  return { "grpc-metadata-token": given };
}

/** How much longer one takes than the other, as a factor from 1. */
async function difference(target: Target): Promise<number> {
  const known: number[] = [];
  const unknown: number[] = [];
  for (let i = 0; i < samples; i++) {
    known.push((await login(target, `user-${users - 1 - i}`, "wrong", stranger)).ms);
    unknown.push((await login(target, `nobody-${i}`, "wrong", stranger)).ms);
    await sleep(100);
  }
  const [a, b] = [median(known), median(unknown)];
  return Math.max(a, b) / Math.min(a, b);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Whom each of the attempts names. */
const floods: Readonly<Record<string, (i: number) => string>> = {
  "one user": () => "user-0",
  "many users": (i) => `user-${i % (users - samples)}`,
  "unknown users": (i) => `somebody-${i}`,
};

async function run(stage: Stage): Promise<void> {
  const { report } = stage;
  const target = await stage.start({ vars: { TOKEN: token }, headers: bearer(token) });
  await target.ready();
  const root = await prepare(target);
  report.figure("an unknown user and a known one: ratio of their times", await difference(target));
  const meter = await Meter.start(target, report, target.bystander(root), root);
  for (const [name, nameOf] of Object.entries(floods)) {
    const statuses = new Map<number, number>();
    const seconds = await meter.cpuOf(() =>
      each(attempts, attempts, async (i) => {
        const { status } = await login(target, nameOf(i), `wrong ${i}`, stranger);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }),
    );
    const told = [...statuses].map(([status, count]) => `${count} times ${status}`).join(", ");
    report.note(`${attempts} attempts, ${name}: ${told}`);
    report.figure(`${attempts} wrong passwords at once, ${name}: cpu`, seconds);
    const friend = from("203.0.113.10");
    const ms = await target.until(loginMs, async () => {
      return (await login(target, "user-0", passwordOf("user-0"), friend)).status === 200;
    });
    report.highest("the right password gets in after", (ms ?? loginMs) / 1_000);
  }
  await meter.end();
}

export const logins: Attack = {
  id: "3",
  name: "logins",
  what: "300 wrong passwords at once, for one user, many, and users that are none",
  limitMs: 100_000,
  run,
};
