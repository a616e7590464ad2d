/**
 * Binds the HTTP server. A taken port is never swapped silently: the error names what answers there.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { StartError } from "../start-error.js";

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
      `Port ${port} on ${host} is taken: ${occupant}. Stop it, or choose another with --port.`,
      options,
    );
  }
  if (error.code === "EACCES") {
    return new StartError(
      "portForbidden",
      `Port ${port} needs more rights than this user has; choose one from 1024 up with --port.`,
      options,
    );
  }
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") {
    return new StartError(
      "addressUnavailable",
      `"${host}" is no address of this machine; --host takes 127.0.0.1, 0.0.0.0 or one of its own.`,
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

/** The address as a URL that a browser on this machine can open. */
export function urlOf({ address, family, port }: AddressInfo): string {
  if (address === "127.0.0.1" || address === "0.0.0.0" || address === "::" || address === "::1")
    return `http://localhost:${port}`;
  return family === "IPv6" ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
