import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Lessor } from "../../../../src/kv/lease/lessor.ts";
import type { LeaseCheckpoint } from "../../../../src/proto/generated/etcd.ts";
import { holds } from "../../../support/property.ts";
import { CountingSink, recordsOf } from "../sink.ts";

/**
 * Two members over one log. Checkpoints are applied some time after they were proposed, but in the
 * log's order, or are lost with the leader that proposed them.
 */
class LeaseLifeFixture {
  nowMs = 1_000_000;
  readonly sinks = [new CountingSink(), new CountingSink()] as const;
  readonly members = this.sinks.map((sink) => new Lessor(sink));
  leader = 0;
  readonly proposed: LeaseCheckpoint[][] = [];
  /** When each lease may end at the earliest. */
  readonly promised = new Map<bigint, number>();

  constructor() {
    this.lessor.promote(this.nowMs, 0);
  }

  get lessor(): Lessor {
    const lessor = this.members[this.leader];
    assert.ok(lessor);
    return lessor;
  }

  grant(id: bigint, seconds: number): void {
    this.commit();
    if (this.lessor.has(id)) return;
    for (const member of this.members) member.grant({ ID: id, TTL: seconds });
    // Its life begins at once: the earliest that may be.
    this.lessor.timeToLive({ ID: id, keys: false }, this.nowMs);
    this.promised.set(id, this.nowMs + Math.max(2, seconds) * 1000);
  }

  renew(id: bigint): void {
    let renewal = this.lessor.renew(id, this.nowMs);
    if (renewal.kind === "checkpointed") {
      this.proposed.push([{ ID: id, remainingTTL: 0 }]);
      this.commit();
      renewal = this.lessor.renew(id, this.nowMs);
      assert.notEqual(renewal.kind, "checkpointed");
    }
    if (renewal.kind === "renewed") this.promised.set(id, this.nowMs + renewal.ttl * 1000);
  }

  commit(): void {
    for (const checkpoints of this.proposed.splice(0)) {
      for (const member of this.members) member.checkpoint({ checkpoints });
    }
  }

  pass(ms: number): void {
    this.nowMs += ms;
    const expired = this.lessor.expired(this.nowMs);
    if (expired.length > 0) this.commit();
    for (const id of expired) {
      const promised = this.promised.get(id) ?? Number.POSITIVE_INFINITY;
      assert.ok(promised <= this.nowMs, `lease ${id} ends ${promised - this.nowMs} ms early`);
      for (const member of this.members) member.revoke({ ID: id });
      this.promised.delete(id);
    }
    const due = this.lessor.checkpointsDue(this.nowMs);
    if (due.length > 0) this.proposed.push([...due]);
  }

  fail(lost: boolean): void {
    if (lost) this.proposed.length = 0;
    else this.commit();
    this.lessor.demote();
    this.leader = 1 - this.leader;
    this.lessor.promote(this.nowMs, 1000);
  }
}

const id = fc.constantFrom(1n, 2n);
const ttl = fc.constantFrom(0, 60, 310, 400, 700);
const ms = fc.constantFrom(1, 999, 50_000, 100_000, 300_000);
const command = fc.oneof(
  fc.record({ do: fc.constant("grant" as const), id, n: ttl }),
  fc.record({ do: fc.constant("renew" as const), id, n: fc.constant(0) }),
  fc.record({ do: fc.constant("commit" as const), id, n: fc.constant(0) }),
  fc.record({ do: fc.constant("fail" as const), id, n: fc.nat(1) }),
  fc.record({ do: fc.constant("pass" as const), id, n: ms }),
);

test("over any change of leaders no lease ends before its last renewal's time is over", (t) => {
  holds(
    t,
    fc.property(fc.array(command, { maxLength: 120, size: "max" }), (commands) => {
      const world = new LeaseLifeFixture();
      for (const each of commands) {
        if (each.do === "grant") world.grant(each.id, each.n);
        else if (each.do === "renew") world.renew(each.id);
        else if (each.do === "commit") world.commit();
        else if (each.do === "fail") world.fail(each.n === 1);
        else world.pass(each.n);
        world.members.forEach((member, i) => {
          assert.deepEqual(recordsOf(member), world.sinks[i]?.present());
        });
      }
      world.pass(1e9);
      world.pass(1e9);
      assert.deepEqual(world.lessor.ids(), [], "a lease never ended");
    }),
    { numRuns: 500 },
  );
});
