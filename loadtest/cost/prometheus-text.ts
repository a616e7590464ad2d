/** Metrics as Prometheus reads them, as far as a load test needs: values by name, and by one label. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([A-Za-z_:][\w:]*)(?:\{([^}]*)\})?\s+(\S+)/;

/** Samples by the metric's name. Lines that are none are skipped. */
export function readPrometheusText(text: string): ReadonlyMap<string, readonly Sample[]> {
  const samples = new Map<string, Sample[]>();
  for (const one of text.split("\n")) {
    const [, name, labelText = "", valueText] = line.exec(one) ?? [];
    if (name === undefined || one.startsWith("#")) continue;
    const labels = Object.fromEntries(
      [...labelText.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    const list = samples.get(name) ?? [];
    samples.set(name, list);
    list.push({ labels, value: Number(valueText) });
  }
  return samples;
}
