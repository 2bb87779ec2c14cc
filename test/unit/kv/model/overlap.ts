import { errors } from "../../../../src/etcd/errors.ts";
import type {
  DeleteRangeRequest,
  RequestOp,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { text } from "../support.ts";
import { Refused } from "./model.ts";

interface Writes {
  readonly puts: readonly string[];
  readonly deletes: readonly DeleteRangeRequest[];
}

/** The rule of keys that are put twice, or put and deleted, pair by pair. */
export class Overlap {
  check({ success, failure }: TxnRequest): void {
    this.#writes(success);
    this.#writes(failure);
  }

  #writes(ops: readonly RequestOp[]): Writes {
    const own = ops.flatMap((op) => (op.requestPut ? [text(op.requestPut.key)] : []));
    const deletes = ops.flatMap((op) => (op.requestDeleteRange ? [op.requestDeleteRange] : []));
    const puts: string[] = [];
    for (const { requestTxn } of ops) {
      if (!requestTxn) continue;
      const success = this.#writes(requestTxn.success);
      const failure = this.#writes(requestTxn.failure);
      for (const key of [...success.puts, ...failure.puts]) refuse(puts.includes(key));
      for (const key of [...success.puts, ...failure.puts]) refuse(isIn(key, deletes));
      puts.push(...new Set([...success.puts, ...failure.puts]));
      deletes.push(...success.deletes, ...failure.deletes);
    }
    own.forEach((key, i) => {
      refuse(puts.includes(key) || own.indexOf(key) !== i || isIn(key, deletes));
    });
    return { puts: [...puts, ...own], deletes };
  }
}

function refuse(overlaps: boolean): void {
  if (overlaps) throw new Refused(errors.duplicateKey);
}

function isIn(key: string, deletes: readonly DeleteRangeRequest[]): boolean {
  return deletes.some((request) => {
    const [begin, end] = [text(request.key), text(request.rangeEnd)];
    if (end === "") return key === begin;
    return key >= begin && (end === "\0" || key < end);
  });
}
