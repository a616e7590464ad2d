/** On a tile, an agent or a room: its id, which leads to its last event in the inspector. */
import { Link } from "../permalink/link.js";
import { toEventsOf } from "./places.js";

/** @example <EventsLink entity={sector.id} /> */
export function EventsLink({ entity }: { readonly entity: string }) {
  return (
    <Link class="events-link" to={toEventsOf(entity)} title={`The last event of ${entity}, as it came`}>
      {entity}
    </Link>
  );
}
