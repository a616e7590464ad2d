/** On a tile, an agent or a room: leads to its last event in the inspector. */
import { showLastEvent } from "./places.js";

/** @example <EventsLink entity={sector.id} /> */
export function EventsLink({ entity }: { readonly entity: string }) {
  return (
    <a
      class="events-link"
      href={`?view=inspector&entity=${encodeURIComponent(entity)}`}
      title={`The last event of ${entity}, as it came`}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        showLastEvent(entity);
      }}
    >
      Last event
    </a>
  );
}
