/** What the settings want delivered: the entries of `services`, and the sections that are services by another name. */
import type { Service, Settings } from '../../schema/types.generated.ts';

export interface Delivery {
  /** Where it stands in the settings, such as `services/dlp`; its files are in a folder of that name. */
  readonly place: string;
  readonly service: Service;
}

/** In the order of their places. */
export function deliveries({ services, urlFiltering }: Settings): readonly Delivery[] {
  const { certificate, ...rest } = urlFiltering;
  return [
    ...Object.entries(services).map(([name, service]) => ({ place: `services/${name}`, service })),
    ...(certificate === undefined ? [] : [{ place: 'urlFiltering', service: { certificate, ...rest } }]),
  ].sort((a, b) => (a.place < b.place ? -1 : 1));
}
