/**
 * The stock client without compression.
 *
 * A compressed frame is inflated in another thread, each by itself. On a busy machine that alone put a reader tens of
 * seconds behind, which looked like a server that is slow, or that loses.
 */
import type { ManagerOptions } from "socket.io-client";

/** Options for `io`. Its types know no `false`, but Engine.IO hands it on to `ws`, which does. */
export const noCompression = { perMessageDeflate: false } as unknown as Pick<ManagerOptions, "perMessageDeflate">;
