/** From which addresses of this machine one may connect to a server. */
import { isLoopbackName } from "../../schemas/loopback.js";

/** Whether subscribers may connect to it from any address in 127.0.0.0/8: only Linux has them all. */
export function takesAnyLoopback(hostname: string): boolean {
  return process.platform === "linux" && isLoopbackName(hostname) && !hostname.startsWith("[");
}
