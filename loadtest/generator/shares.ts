/** Splits work among generators, targets and source addresses, evenly. */

/** Ephemeral ports of one loopback address, with a margin. */
const subscribersPerAddress = 20_000;

/** `count` as whole shares that differ by one at most; what is left over goes to those from `first` on. */
export function splitEvenly(count: number, shares: number, first = 0): number[] {
  return Array.from({ length: shares }, (_, index) => {
    const turn = (index - first + shares) % shares;
    return Math.floor((count + shares - 1 - turn) / shares);
  });
}

/** The target at which each generator begins, so that all subscribers together are spread evenly. */
export function planFirstTargets(subscribers: number, generators: number, targets: number): number[] {
  let before = 0;
  return splitEvenly(subscribers, generators).map((share) => {
    const first = before % targets;
    before += share;
    return first;
  });
}

/** Gives places out in turn, so that they differ by one at most. */
export class Turns {
  readonly #places: number;
  #next: number;

  constructor(places: number, first: number) {
    this.#places = places;
    this.#next = first % places;
  }

  take(): number {
    const place = this.#next;
    this.#next = (place + 1) % this.#places;
    return place;
  }
}

export interface AddressPlan {
  readonly addresses: readonly string[];
  /** Subscribers of one generator that use an address, before its next ones use the next. */
  readonly perAddress: number;
}

/** Loopback addresses for more subscribers than one has ports for; none where one will do. */
export function planAddresses(subscribers: number, generators: number): AddressPlan {
  if (subscribers <= subscribersPerAddress) return { addresses: [], perAddress: subscribers };
  const count = Math.ceil(subscribers / subscribersPerAddress);
  const addresses = Array.from({ length: count }, (_, at) => `127.0.0.${at + 2}`);
  return { addresses, perAddress: Math.ceil(subscribers / generators / count) };
}

/** The address of a generator's subscriber; undefined leaves it to the system. */
export function addressOf(id: number, { addresses, perAddress }: AddressPlan): string | undefined {
  return addresses[Math.floor(id / perAddress) % Math.max(1, addresses.length)];
}
