/**
 * The page at `/`: index, sectors, agents and the last messages, live.
 *
 * Socket handlers only write to maps; one animation frame draws what changed. The state of the world is
 * fetched over REST at each (re)connection, so that nothing missed in between stays wrong.
 */
import type {
  Agent,
  AgentStatusUpdate,
  DiscussionList,
  DiscussionNewMessage,
  EventMessage,
  MarketUpdate,
  Message,
  Sector,
} from "../../schemas/generated/types.js";

/** The part of socket.io-client, loaded by the page itself, that is used here. */
interface ClientSocket {
  on(event: string, listener: (argument: never) => void): void;
}
declare const io: () => ClientSocket;

const messagesMax = 30;
const sectors = new Map<string, Sector>();
const agents = new Map<string, Agent>();
let messages: (EventMessage | Message)[] = [];
let index: { readonly value: number; readonly timestamp: string } | undefined;
let frame = 0;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`#${id} is missing from index.html`);
  return found;
}

function make(tag: string, text: string, className = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className !== "") made.className = className;
  return made;
}

const number = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const signed = new Intl.NumberFormat("en", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "exceptZero",
});

function drawSector({ name, value, open }: Sector): HTMLElement {
  const change = value - open;
  const row = document.createElement("tr");
  const head = make("th", name);
  head.setAttribute("scope", "row");
  const arrow = change > 0 ? "▲" : change < 0 ? "▼" : "•";
  row.append(
    head,
    make("td", number.format(value)),
    make("td", `${arrow} ${signed.format((100 * change) / open)} %`, change < 0 ? "down" : "up"),
  );
  return row;
}

function drawAgent({ name, role, status }: Agent): HTMLElement {
  const item = document.createElement("li");
  const who = make("span", name);
  who.append(make("span", `  ${role}`, "role"));
  item.append(who, make("span", status));
  return item;
}

function drawMessage(message: EventMessage | Message): HTMLElement {
  const item = document.createElement("li");
  const head = make("strong", message.authorName);
  item.append(head, " ", make("time", message.timestamp.slice(11, 19)), make("p", message.content));
  return item;
}

function draw(): void {
  frame = 0;
  if (index !== undefined) {
    element("index-value").textContent = number.format(index.value);
    element("index-time").textContent = index.timestamp.replace("T", " ").replace(/\.\d+Z$/, " UTC");
  }
  element("sectors").replaceChildren(...[...sectors.values()].map(drawSector));
  element("agents").replaceChildren(...[...agents.values()].map(drawAgent));
  element("messages").replaceChildren(...messages.map(drawMessage));
}

function changed(): void {
  if (frame === 0) frame = requestAnimationFrame(draw);
}

async function fetchJson<Body>(path: string): Promise<Body> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as Body;
}

/** Everything that events alone do not tell: names, opening prices, what was said before. */
async function fetchState(): Promise<void> {
  const [sectorPage, agentPage, discussionPage] = await Promise.all([
    fetchJson<{ data: Sector[] }>("/api/sectors?limit=200"),
    fetchJson<{ data: Agent[] }>("/api/agents?limit=200"),
    fetchJson<DiscussionList>("/api/discussions?limit=20"),
  ]);
  const pages = await Promise.all(
    discussionPage.data.map(({ id }) =>
      fetchJson<{ data: Message[] }>(`/api/discussions/${encodeURIComponent(id)}/messages?limit=10`),
    ),
  );
  sectors.clear();
  for (const sector of sectorPage.data) sectors.set(sector.id, sector);
  agents.clear();
  for (const agent of agentPage.data) agents.set(agent.id, agent);
  messages = pages
    .flatMap(({ data }) => data)
    .sort((a, b) => (a.timestamp < b.timestamp ? 1 : -1))
    .slice(0, messagesMax);
  changed();
}

/** The control token comes in the address once; it moves to session storage and out of sight. */
function takeToken(): void {
  const address = new URL(location.href);
  const token = address.searchParams.get("token");
  if (token === null) return;
  sessionStorage.setItem("max-token", token);
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

function connect(): void {
  const status = element("connection");
  const socket = io();
  socket.on("connect", () => {
    status.textContent = "Live";
    status.classList.remove("lost");
    fetchState().catch((error: unknown) => {
      status.textContent = `Connected, but the state could not be fetched: ${String(error)}`;
    });
  });
  socket.on("disconnect", () => {
    status.textContent = "Connection lost; what stands here is old. Reconnecting …";
    status.classList.add("lost");
  });
  socket.on("market:update", ({ sectorId, value, indexValue, timestamp }: MarketUpdate) => {
    const sector = sectorId === undefined ? undefined : sectors.get(sectorId);
    if (sector !== undefined && value !== undefined) sectors.set(sector.id, { ...sector, value, updatedAt: timestamp });
    if (sectorId === undefined && indexValue !== undefined) index = { value: indexValue, timestamp };
    changed();
  });
  socket.on("agent:status_update", ({ agentId, status: now }: AgentStatusUpdate) => {
    const agent = agents.get(agentId);
    if (agent !== undefined) agents.set(agentId, { ...agent, status: now });
    changed();
  });
  socket.on("discussion:new_message", ({ message }: DiscussionNewMessage) => {
    messages = [message, ...messages].slice(0, messagesMax);
    changed();
  });
}

takeToken();
connect();
