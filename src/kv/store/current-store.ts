import type { Sql } from "../../storage/sql.ts";
import type { Fingerprint } from "../fingerprint/fingerprint.ts";
import type { Lessor } from "../lease/lessor.ts";
import { Compactor } from "./compactor.ts";
import { Generations } from "./generations.ts";
import { attachLeasedKeys } from "./leased-keys.ts";
import { emptyStore, Store, type StoreState } from "./store.ts";

/**
 * The current store and the compactor of its base, which a snapshot replaces together. Read the
 * fields each time: an older value may be the store of a replaced state.
 */
export class CurrentStore {
  readonly generations: Generations;
  readonly #fingerprint: Fingerprint;
  readonly #leases: Lessor;
  #store: Store;
  #compactor: Compactor;

  /** The empty store over the current generation of what `sql` holds. */
  constructor(sql: Sql, fingerprint: Fingerprint, leases: Lessor) {
    this.generations = new Generations(sql);
    this.#fingerprint = fingerprint;
    this.#leases = leases;
    this.#store = this.#open(emptyStore);
    this.#compactor = new Compactor(this.#store, this.generations);
  }

  #open(state: StoreState): Store {
    return new Store(this.generations.openCurrent(), state, this.#fingerprint, this.#leases);
  }

  get store(): Store {
    return this.#store;
  }

  get compactor(): Compactor {
    return this.#compactor;
  }

  /** Replaces the store by one over the current generation, with this state. */
  replace(state: StoreState): void {
    this.#store = this.#open(state);
    this.#compactor = new Compactor(this.#store, this.generations);
    attachLeasedKeys(this.#store, this.#leases);
  }
}
