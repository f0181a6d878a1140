/** The table of everything the API answers. */
import { alertRoutes } from './alerts.ts';
import { archiveRoutes } from './archives.ts';
import { auditRoutes } from './audit.ts';
import { certificateExportRoutes } from './certificate-export.ts';
import { authorityRoutes } from './authorities.ts';
import { certificateRoutes } from './certificates.ts';
import { configurationFileRoutes } from './configuration-files.ts';
import { draftRoutes } from './drafts.ts';
import { eventRoutes } from './events.ts';
import { groupRoutes } from './groups.ts';
import { healthRoutes } from './health.ts';
import { layerRoutes } from './layers.ts';
import { overrideRoutes } from './overrides.ts';
import { machineRoutes } from './machines.ts';
import { mailSessionRoutes } from './mail-sessions.ts';
import { openApiRoutes } from './openapi.ts';
import { pinRoutes } from './pins.ts';
import { probeRoutes } from './probes.ts';
import { revisionRoutes } from './revisions.ts';
import { rolloutRoutes } from './rollouts.ts';
import type { Route } from './route.ts';
import { saveScheduleRoutes } from './save-schedule.ts';
import { signingRequestRoutes } from './signing-requests.ts';
import { tlsTestRoutes } from './tls-tests.ts';
import { tokenRoutes } from './tokens.ts';
import { trustBundleRoutes } from './trust-bundles.ts';

export const routes: readonly Route[] = [
  ...healthRoutes,
  ...openApiRoutes(() => routes),
  ...machineRoutes,
  ...archiveRoutes,
  ...groupRoutes,
  ...layerRoutes,
  ...overrideRoutes,
  ...pinRoutes,
  ...draftRoutes,
  ...revisionRoutes,
  ...rolloutRoutes,
  ...certificateRoutes,
  ...signingRequestRoutes,
  ...certificateExportRoutes,
  ...authorityRoutes,
  ...trustBundleRoutes,
  ...configurationFileRoutes,
  ...saveScheduleRoutes,
  ...probeRoutes,
  ...tlsTestRoutes,
  ...alertRoutes,
  ...mailSessionRoutes,
  ...auditRoutes,
  ...tokenRoutes,
  ...eventRoutes,
];
