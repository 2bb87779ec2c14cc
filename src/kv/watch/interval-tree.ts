import type { KeyRange } from "../keys/key-range.ts";

interface Node<T> {
  readonly range: KeyRange;
  readonly priority: number;
  readonly members: Set<T>;
  maxEnd: string;
  left: Node<T> | undefined;
  right: Node<T> | undefined;
}

/**
 * Sets of members by interval; finds the intervals that hold a key in time proportional to the
 * depth and to what is found. A treap ordered by (begin, end), whose nodes have the greatest end
 * below them (etcd: pkg/adt/interval_tree.go, which uses a red-black tree).
 *
 * A node is one distinct interval, however many members share it.
 */
export class IntervalTree<T> {
  #root: Node<T> | undefined;
  #seed = 0x9e3779b9;
  #nodes = 0;

  /** How many distinct intervals there are. */
  get intervals(): number {
    return this.#nodes;
  }

  /** Adds `member` under `range`; adding twice changes nothing. */
  add(range: KeyRange, member: T): void {
    const found = this.#find(range);
    if (found) {
      found.members.add(member);
      return;
    }
    this.#nodes += 1;
    this.#root = insert(this.#root, {
      range,
      priority: this.#random(),
      members: new Set([member]),
      maxEnd: range.end,
      left: undefined,
      right: undefined,
    });
  }

  /** Removes `member` from under `range`; returns whether it was there. */
  delete(range: KeyRange, member: T): boolean {
    const found = this.#find(range);
    if (!found?.members.delete(member)) return false;
    if (found.members.size === 0) {
      this.#nodes -= 1;
      this.#root = remove(this.#root, range);
    }
    return true;
  }

  /** Calls `visit` for each member whose interval holds `key`, in order of (begin, end). */
  stab(key: string, visit: (member: T) => void): void {
    stab(this.#root, key, visit);
  }

  /** Whether any interval holds `key`. */
  holds(key: string): boolean {
    let node = this.#root;
    while (node && key < node.maxEnd) {
      if (node.left && key < node.left.maxEnd) {
        // If no interval on the left holds the key, they all begin above it, and so do those on the
        // right.
        node = node.left;
      } else {
        if (key < node.range.begin) return false;
        if (key < node.range.end) return true;
        node = node.right;
      }
    }
    return false;
  }

  #find(range: KeyRange): Node<T> | undefined {
    let node = this.#root;
    while (node) {
      const order = compare(range, node.range);
      if (order === 0) return node;
      node = order < 0 ? node.left : node.right;
    }
    return undefined;
  }

  /** xorshift32: balances the tree, and needs no secrecy. */
  #random(): number {
    let x = this.#seed;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#seed = x;
    return x >>> 0;
  }
}

function compare(a: KeyRange, b: KeyRange): number {
  if (a.begin !== b.begin) return a.begin < b.begin ? -1 : 1;
  if (a.end !== b.end) return a.end < b.end ? -1 : 1;
  return 0;
}

function update<T>(node: Node<T>): Node<T> {
  let maxEnd = node.range.end;
  if (node.left && node.left.maxEnd > maxEnd) maxEnd = node.left.maxEnd;
  if (node.right && node.right.maxEnd > maxEnd) maxEnd = node.right.maxEnd;
  node.maxEnd = maxEnd;
  return node;
}

function insert<T>(at: Node<T> | undefined, added: Node<T>): Node<T> {
  if (!at) return added;
  if (added.priority > at.priority) {
    const [left, right] = split(at, added.range);
    added.left = left;
    added.right = right;
    return update(added);
  }
  if (compare(added.range, at.range) < 0) at.left = insert(at.left, added);
  else at.right = insert(at.right, added);
  return update(at);
}

/** Splits a tree into what is below `range` and what is above; `range` itself is not in it. */
function split<T>(
  at: Node<T> | undefined,
  range: KeyRange,
): [Node<T> | undefined, Node<T> | undefined] {
  if (!at) return [undefined, undefined];
  if (compare(range, at.range) < 0) {
    const [left, right] = split(at.left, range);
    at.left = right;
    return [left, update(at)];
  }
  const [left, right] = split(at.right, range);
  at.right = left;
  return [update(at), right];
}

function remove<T>(at: Node<T> | undefined, range: KeyRange): Node<T> | undefined {
  if (!at)
    throw new Error(`interval ${range.begin}..${range.end} was found but is not in the tree`);
  const order = compare(range, at.range);
  if (order === 0) return merge(at.left, at.right);
  if (order < 0) at.left = remove(at.left, range);
  else at.right = remove(at.right, range);
  return update(at);
}

/** Joins two trees; every interval of `left` is below every one of `right`. */
function merge<T>(left: Node<T> | undefined, right: Node<T> | undefined): Node<T> | undefined {
  if (!left) return right;
  if (!right) return left;
  if (left.priority > right.priority) {
    left.right = merge(left.right, right);
    return update(left);
  }
  right.left = merge(left, right.left);
  return update(right);
}

function stab<T>(at: Node<T> | undefined, key: string, visit: (member: T) => void): void {
  if (!at || key >= at.maxEnd) return;
  stab(at.left, key, visit);
  if (key < at.range.begin) return;
  if (key < at.range.end) for (const member of at.members) visit(member);
  stab(at.right, key, visit);
}
