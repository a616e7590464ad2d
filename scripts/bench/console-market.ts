/** The market behind the page that the console benchmark measures: moved by requests, known by its prices. */

/** Asks the server to move its simulation. */
export type Control = (move: string, body?: object) => Promise<void>;

export function createControl(url: string, token: string): Control {
  return async (move, body = {}) => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const { ok, status } = await fetch(`${url}/api/simulation/${move}`, init);
    if (!ok) throw new Error(`POST ${move} answered ${status}`);
  };
}

const price = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Index and sectors as the market view writes them. */
export async function pricesOf(url: string): Promise<string[]> {
  const get = async <Body>(path: string): Promise<Body> => (await (await fetch(url + path)).json()) as Body;
  const { value } = await get<{ value: number }>("/api/index");
  const { data } = await get<{ data: { value: number }[] }>("/api/sectors?limit=200");
  return [value, ...data.map((sector) => sector.value)].map((value) => price.format(value));
}

/** An expression that is true in a page which shows all of these. */
export const shows = (prices: readonly string[]): string =>
  `${JSON.stringify(prices)}.every((price) => document.body.textContent.includes(price))`;

/** Since the start. */
export async function simulatedHours(url: string): Promise<number> {
  const { time, start } = (await (await fetch(`${url}/api/simulation`)).json()) as { time: string; start: string };
  return (Date.parse(time) - Date.parse(start)) / 3_600_000;
}

/** True in a page that has fetched the market. */
export const isFresh = "document.documentElement.dataset.feed === 'fresh'";
