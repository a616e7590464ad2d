/** The members of the cluster: who leads and since when, how far each has come, and who has not been heard. */
import type { ClusterMember, HealthMember } from "../../../schemas/generated/types.js";
import { Badge, type Tone } from "../design/badge.js";
import { formatAge } from "../design/format.js";
import { EmptyState, ErrorState } from "../design/notice.js";
import { Panel } from "../design/panel.js";
import "./cluster.css";
import { isUnanswered, member } from "./cluster.js";

/** Each member tells of itself every two seconds. */
const unheardMs = 6000;
const silentMs = 1000;

const count = new Intl.NumberFormat("en");

function stateOf({ role, silentMs: forMs, heardAgoMs }: ClusterMember): readonly [tone: Tone, text: string] {
  if (heardAgoMs > unheardMs) return ["bad", `Not heard for ${formatAge(heardAgoMs)}`];
  if (forMs > silentMs) return ["bad", `Hears nothing of the log for ${formatAge(forMs)}`];
  return role === "leader" ? ["good", "Leader"] : ["quiet", "Follower"];
}

function ticks(behind: number): string {
  return behind === 0 ? "–" : `${count.format(behind)} ${behind === 1 ? "tick" : "ticks"}`;
}

function MemberRow({ one, isAsked }: { readonly one: ClusterMember; readonly isAsked: boolean }) {
  const [tone, text] = stateOf(one);
  const isHeard = one.heardAgoMs <= unheardMs;
  return (
    <tr class={isHeard ? "" : "unheard"}>
      <th scope="row">
        <a href={one.url}>{new URL(one.url).host}</a> <small>{isAsked ? `${one.id}, this server` : one.id}</small>
      </th>
      <td class="member-state">
        <Badge tone={tone}>{text}</Badge>
      </td>
      <td class="figure minor">{count.format(one.epoch)}</td>
      <td class="figure minor">{count.format(one.tick)}</td>
      <td class="figure">{isHeard ? ticks(one.behindTicks) : ""}</td>
      <td class="figure">{isHeard ? count.format(one.subscribers) : ""}</td>
    </tr>
  );
}

/** Who leads, and when the cluster last changed its leader. */
function describeLeader({ epoch, leadsForMs, members = [] }: HealthMember): string {
  const leader = members.find(({ role, heardAgoMs }) => role === "leader" && heardAgoMs <= unheardMs);
  if (leader === undefined) return "No member is known to lead at this moment.";
  const { host } = new URL(leader.url);
  if (leadsForMs === undefined || leadsForMs === null) return `${host} leads.`;
  const failover = epoch > 1 ? `Last failover: ${formatAge(leadsForMs)} ago, to epoch ${epoch}.` : "No failover yet.";
  return `${host} has led for ${formatAge(leadsForMs)}. ${failover}`;
}

export function ClusterView() {
  const own = member.value;
  const all = own?.members ?? [];
  const connected = all.filter(({ heardAgoMs }) => heardAgoMs <= unheardMs);
  return (
    <Panel
      id="cluster"
      scrolls
      title={
        <>
          Cluster <small>{own === undefined ? "" : `${connected.length} of ${all.length} members heard`}</small>
        </>
      }
    >
      {isUnanswered.value && <ErrorState title="The server does not answer">This is what it told last.</ErrorState>}
      {own === undefined ? (
        <EmptyState title="This server is alone">
          <code>max demo --cluster</code> starts a member of a cluster.
        </EmptyState>
      ) : (
        <>
          <p class="cluster-leader">{describeLeader(own)}</p>
          <table class="table members">
            <thead>
              <tr>
                <th scope="col">Member</th>
                <th scope="col" class="member-state">
                  Role
                </th>
                <th scope="col" class="figure minor" title="Counts the leaders">
                  Epoch
                </th>
                <th scope="col" class="figure minor" title="The last that it has played">
                  Tick
                </th>
                <th
                  scope="col"
                  class="figure"
                  title="Ticks that the leader had played and it had not, when it told of itself"
                >
                  Behind
                </th>
                <th scope="col" class="figure">
                  Subscribers
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map((one) => (
                <MemberRow key={one.id} one={one} isAsked={one.id === own.id} />
              ))}
            </tbody>
          </table>
        </>
      )}
    </Panel>
  );
}
