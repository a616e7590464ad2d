import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { type AnsweringSocket, UnreadAnswers } from "./unread-answers.js";

class FakeSocket extends EventEmitter {
  writableLength: number;
  _httpMessage = {};
  isClosed = false;
  constructor(writableLength: number) {
    super();
    this.writableLength = writableLength;
  }
  resetAndDestroy(): void {
    this.isClosed = true;
  }
}

function follow(answers: UnreadAnswers, ...bytes: number[]): FakeSocket[] {
  const sockets = bytes.map((writableLength) => new FakeSocket(writableLength));
  for (const socket of sockets) answers.add(socket as unknown as AnsweringSocket);
  return sockets;
}

const closed = (sockets: readonly FakeSocket[]): boolean[] => sockets.map(({ isClosed }) => isClosed);

test("an answer is closed when it has had unread bytes for longer than unreadMsMax", () => {
  const answers = new UnreadAnswers({ unreadMsMax: 100, unreadBytesMax: 1000 });
  const sockets = follow(answers, 10, 0, 10);
  answers.sweep(0);
  answers.sweep(60);
  // The third was read in between, and then began to wait anew.
  sockets[2].writableLength = 0;
  answers.sweep(70);
  sockets[2].writableLength = 10;
  answers.sweep(101);
  expect(closed(sockets)).toEqual([true, false, false]);
  answers.sweep(202);
  expect(closed(sockets)).toEqual([true, false, true]);
});

test("the time of one answer does not count for the next on the same connection", () => {
  const answers = new UnreadAnswers({ unreadMsMax: 100, unreadBytesMax: 1000 });
  const [socket] = follow(answers, 10);
  answers.sweep(0);
  socket._httpMessage = {};
  answers.sweep(90);
  answers.sweep(180);
  expect(socket.isClosed).toBe(false);
});

test("when all together have more unread bytes than unreadBytesMax, those with the most are closed", () => {
  const answers = new UnreadAnswers({ unreadMsMax: 100, unreadBytesMax: 1000 });
  const sockets = follow(answers, 300, 900, 400, 500);
  answers.sweep(0);
  expect(closed(sockets)).toEqual([false, true, false, true]);
  answers.sweep(1);
  expect(closed(sockets)).toEqual([false, true, false, true]);
});
