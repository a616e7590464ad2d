/** The one generator of seedrandom that the simulator uses; the package brings no types. */
declare module "seedrandom/lib/alea.js" {
  export interface AleaState {
    readonly c: number;
    readonly s0: number;
    readonly s1: number;
    readonly s2: number;
  }
  export interface Alea {
    /** A multiple of 2^-32 in [0, 1). */
    (): number;
    state(): AleaState;
  }
  export default function alea(seed: string, options: { readonly state: true | AleaState }): Alea;
}
