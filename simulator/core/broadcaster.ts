/** The way out of the simulator: the four documented broadcast functions, and the batch that keeps a tick whole. */
import type {
  AgentStatusUpdateBroadcast,
  MarketUpdateBroadcast,
  NewMessageBroadcast,
  SectorCandleUpdateBroadcast,
} from "../../schemas/index.js";

/** Synchronous. A payload that breaks its schema throws and nothing of it is sent. */
export interface Broadcaster {
  broadcastMarketUpdate(update: MarketUpdateBroadcast): void;
  broadcastSectorCandleUpdate(update: SectorCandleUpdateBroadcast): void;
  broadcastNewMessage(message: NewMessageBroadcast): void;
  broadcastAgentStatusUpdate(update: AgentStatusUpdateBroadcast): void;
  /** Everything broadcast inside leaves together when the outermost call returns. */
  batch(broadcasts: () => void): void;
}
