/** Answers to pings that a server has not read: a subscriber waits with so many bytes of them, and no more. */
export const unreadBytesMax = 64 * 1024;

export const unreadAnswersReason = `more than ${unreadBytesMax} bytes of answers to pings that the server does not read`;
