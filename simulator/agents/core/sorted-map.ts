/** Entities in id order: whatever is done to all of them is done in an order that no scenario and no history shows in. */
export class SortedMap<Entity extends { readonly id: string }> {
  #all: readonly Entity[] = [];
  readonly #byId = new Map<string, Entity>();

  get all(): readonly Entity[] {
    return this.#all;
  }

  get(id: string): Entity | undefined {
    return this.#byId.get(id);
  }

  add(...entities: readonly Entity[]): void {
    for (const entity of entities) this.#byId.set(entity.id, entity);
    this.#sort();
  }

  remove(id: string): void {
    this.#byId.delete(id);
    this.#sort();
  }

  #sort(): void {
    this.#all = [...this.#byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}
