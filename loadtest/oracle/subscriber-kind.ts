/** How a subscriber receives: by our own few lines, or as a stock client over one of its transports. */
export const subscriberKinds = ["thin", "websocket", "polling"] as const;

export type SubscriberKind = (typeof subscriberKinds)[number];
