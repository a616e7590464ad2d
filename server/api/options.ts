/** What the API is given, and what its resource files share. */
import type { Health } from "../../schemas/index.js";
import type { Middleware } from "koa";
import type { RequestObserver } from "../cluster/member-status.js";
import type { Logger } from "../core/logger.js";
import type { ClientAddressOf } from "../http/client-addresses.js";
import type { HostCheck } from "../http/hosts.js";
import type { SimulationHost } from "../simulation/simulation-host.js";
import type { Store } from "../store/store.js";
import type { ClusterPeer } from "./forward.js";
import type { RateLimit } from "./rate-limit.js";

export interface ApiOptions {
  readonly host: SimulationHost;
  readonly store: Store;
  /** Version of the server, as /health shows it. */
  readonly version: string;
  /** The control token. */
  readonly token: string;
  readonly isDraining: () => boolean;
  /** What broadcasts took, for /health. @default it does not say */
  readonly broadcasts?: () => NonNullable<Health["broadcasts"]>;
  /** Origins that browsers may call from; "*" is any. */
  readonly origin: string | readonly string[];
  /** Text of GET /metrics. @default there is no such path */
  readonly metrics?: () => Promise<string>;
  /** Decides on the Host header. @default takes any */
  readonly allowedHost?: HostCheck;
  /** Around everything, to make a span of each request. @default none */
  readonly trace?: Middleware;
  /** Asked before the API's own paths. @default none */
  readonly pages?: Middleware;
  /** @default 2,000 requests in 10 s from one peer, none for peers on this machine */
  readonly rateLimit?: Partial<RateLimit>;
  /** Whom the rate limit counts a request for. @default the other end of the connection */
  readonly clientAddress?: ClientAddressOf;
  /** How long a stream of server-sent events lasts. Milliseconds. @default 45_000 */
  readonly streamMsMax?: number;
  readonly logger: Logger;
  /** The cluster that this server is a member of. @default it is alone */
  readonly cluster?: ClusterPeer;
  /** Told of what a member does with requests. @default nobody */
  readonly requestObserver?: RequestObserver;
}
