/** Example: any client of the API, watching the market. */
import { io } from "socket.io-client";

const socket = io("http://localhost:8000", { path: "/socket.io/" });
socket.on("market:update", (data) => console.log("Market update:", data));
socket.on("sector:candle_update", (data) => console.log("Candle update:", data));
socket.on("discussion:new_message", (data) => console.log("New message:", data));
socket.on("agent:status_update", (data) => console.log("Agent status:", data));
