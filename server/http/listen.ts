/**
 * Binds the HTTP server. A taken port is never swapped silently: the error names what answers there.
 */
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { clearTimeout, setImmediate, setTimeout } from "../core/timers.js";
import { StartError } from "../core/errors.js";

const probeTimeoutMs = 500;

/** Says in words what answers at an address. */
async function describeOccupant(host: string, port: number): Promise<string> {
  try {
    const response = await fetch(`http://${host}:${port}/health`, { signal: AbortSignal.timeout(probeTimeoutMs) });
    const body = (await response.json().catch(() => null)) as {
      version?: string;
      simulation?: { seed?: string };
    } | null;
    if (body?.version !== undefined && body.simulation?.seed !== undefined) {
      return `max-harness ${body.version} with seed ${body.simulation.seed} answers there`;
    }
    return "another HTTP server answers there";
  } catch {
    return "another program holds it";
  }
}

/** What the system says of a host that it cannot listen on; EINVAL of an IPv6 address with the zone of no interface. */
const noAddressCodes = new Set(["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN", "EINVAL", "EAFNOSUPPORT"]);

function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}

async function explain(error: unknown, host: string, port: number): Promise<unknown> {
  if (!isErrno(error)) return error;
  const options = { cause: error };
  if (error.code === "EADDRINUSE") {
    const probed = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
    const occupant = await describeOccupant(probed.includes(":") ? `[${probed}]` : probed, port);
    return new StartError(
      "portTaken",
      `Port ${port} on ${host} is taken: ${occupant}. Stop it, or choose another port.`,
      options,
    );
  }
  if (error.code === "EACCES") {
    return new StartError(
      "portForbidden",
      `Port ${port} needs more rights than this user has; choose one from 1024 up.`,
      options,
    );
  }
  if (noAddressCodes.has(error.code ?? "")) {
    return new StartError(
      "addressUnavailable",
      `"${host}" is not an address of this machine. Expected 127.0.0.1, 0.0.0.0 or one of its own.`,
      options,
    );
  }
  return error;
}

/** Resolves with the bound address; rejects with a `StartError` that says what is in the way. */
export async function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    throw await explain(error, host, port);
  }
  return server.address() as AddressInfo;
}

/** The loopback address that a server does not listen on, although `localhost` may lead there. */
const otherLoopback: Readonly<Record<string, string>> = {
  "127.0.0.1": "::1",
  "0.0.0.0": "::1",
  "::1": "127.0.0.1",
};

/** Whether something accepts connections there. */
async function isTaken(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  // After a stall of the event loop the timer is due before the connection that was made long ago is seen.
  const timer = setTimeout(() => setImmediate(() => socket.destroy(new Error("no answer"))), probeTimeoutMs);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/**
 * The address as a URL that a browser on this machine can open: `localhost`, unless another program listens on the
 * same port of the other loopback address, to which that name may lead.
 */
export async function urlOf({ address, family, port }: AddressInfo): Promise<string> {
  const other = otherLoopback[address];
  const isLocal = other !== undefined || address === "::";
  if (isLocal && (other === undefined || !(await isTaken(other, port)))) return `http://localhost:${port}`;
  const host = address === "0.0.0.0" ? "127.0.0.1" : address;
  return family === "IPv6" ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}

/** The address as the other members of a cluster reach it, where they are on this machine. */
export function memberUrlOf({ address, port, family }: AddressInfo): string {
  const host = family === "IPv6" ? `[${address}]` : address;
  return `http://${/^(?:0\.0\.0\.0|\[::\])$/.test(host) ? "127.0.0.1" : host}:${port}`;
}
