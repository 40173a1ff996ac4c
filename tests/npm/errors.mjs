// What goes wrong is told, and the connection lives on: here, an item is deleted that is not there.

import { connect } from "./clients.mjs";

const realtime = await connect();

realtime.on("session.created", () => realtime.send({ type: "conversation.item.delete", item_id: "nothing" }));
realtime.on("error", ({ error }) => error && realtime.close());
