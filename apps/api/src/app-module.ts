import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Gate } from './access/gate.js';
import { SessionController } from './access/session-controller.js';
import type { ApiOptions } from './api-options.js';
import { AuditController } from './audit/audit-controller.js';
import { LookupEvents } from './audit/lookup-events.js';
import { CloudWatch } from './cloudwatch/cloudwatch.js';
import { ApiTally } from './counters.js';
import { DeploymentsController } from './dashboard/deployments-controller.js';
import { EstimatesController } from './dashboard/estimates-controller.js';
import { GraphHistoryController } from './dashboard/graph-history-controller.js';
import { InsightDetailController } from './dashboard/insights-controller.js';
import { PlacesController } from './dashboard/places-controller.js';
import { SamplingController } from './dashboard/sampling-controller.js';
import { SavedGroupsController } from './dashboard/saved-groups-controller.js';
import { TraceListController } from './dashboard/trace-list-controller.js';
import { type DeadDocumentLogs, DeadDocumentsController } from './dead-documents-controller.js';
import { DeadMessagesController } from './dead-messages-controller.js';
import { DispatchController } from './dispatch-controller.js';
import { FallbackController } from './fallback-controller.js';
import { HealthController } from './health-controller.js';
import { InsightEvaluator } from './insights/insight-evaluator.js';
import { InsightViews } from './insights/insight-views.js';
import { InsightsController } from './insights/insights-controller.js';
import { LiveGateway } from './live/gateway.js';
import { ErrorFilter } from './protocol/error-filter.js';
import {
  accessGate,
  apiLogger,
  controlSource,
  deadDocumentLogs,
  deadDocuments,
  deadMessages,
  deploymentReader,
  faultReader,
  graphReader,
  healthSource,
  historyReader,
  ingestSource,
  installation,
  linkReader,
  liveSource,
  logAppender,
  statisticsSource,
  traceListReader,
  traceReader,
} from './tokens.js';
import { Pages } from './ui/pages.js';
import { AccountSettingsController } from './xray/account-settings-controller.js';
import { ClockSkewController } from './xray/clock-skew-controller.js';
import { Edits } from './xray/edits.js';
import { GraphController } from './xray/graph-controller.js';
import { GroupsController } from './xray/groups-controller.js';
import { ResourcePoliciesController } from './xray/resource-policies-controller.js';
import { RetrievalsController } from './xray/retrievals-controller.js';
import { SamplingRulesController } from './xray/sampling-rules-controller.js';
import { SamplingTargetsController } from './xray/sampling-targets-controller.js';
import { SegmentsController } from './xray/segments-controller.js';
import { TagsController } from './xray/tags-controller.js';
import { TimeSeriesController } from './xray/time-series-controller.js';
import { TracesController } from './xray/traces-controller.js';

const controllers = [
  SegmentsController,
  TracesController,
  GraphController,
  RetrievalsController,
  TimeSeriesController,
  GroupsController,
  TagsController,
  AccountSettingsController,
  ResourcePoliciesController,
  SamplingRulesController,
  SamplingTargetsController,
  ClockSkewController,
  HealthController,
  DeadDocumentsController,
  DeadMessagesController,
  TraceListController,
  GraphHistoryController,
  EstimatesController,
  PlacesController,
  SamplingController,
  SavedGroupsController,
  DeploymentsController,
  SessionController,
  InsightDetailController,
  InsightsController,
  AuditController,
  DispatchController,
  FallbackController,
];

/** The one module of this process. */
@Module({})
class AppModule {}

/** What the api makes for itself. */
export interface Own {
  tally: ApiTally;
  /** Null where everybody may do everything. */
  gate: Gate | null;
}

export function appModule(options: ApiOptions, own: Own): DynamicModule {
  return {
    module: AppModule,
    controllers,
    providers: [...given(options, own), LiveGateway, { provide: APP_FILTER, useClass: ErrorFilter }],
  };
}

function given(options: ApiOptions, { tally, gate }: Own): Provider[] {
  const {
    logger,
    log,
    metricLog,
    metrics,
    graph,
    history,
    faults,
    traces,
    links,
    traceList,
    control,
    statistics,
    deployments,
    dead,
    live,
    health,
    ingest,
    uiFolder,
    region,
    accountId,
  } = options;
  const views = new InsightViews(() => control.state.insights);
  return [
    { provide: ApiTally, useValue: tally },
    { provide: Edits, useValue: new Edits(control, tally) },
    { provide: CloudWatch, useValue: new CloudWatch({ metricLog, metrics, accountId, tally }) },
    { provide: LookupEvents, useValue: new LookupEvents(control, { region, accountId }) },
    { provide: Pages, useValue: new Pages(uiFolder) },
    { provide: accessGate, useValue: gate },
    { provide: apiLogger, useValue: logger },
    { provide: logAppender, useValue: log },
    { provide: graphReader, useValue: graph },
    { provide: historyReader, useValue: history },
    { provide: faultReader, useValue: faults },
    { provide: InsightViews, useValue: views },
    { provide: InsightEvaluator, useValue: new InsightEvaluator({ faults, control, live, views, logger }) },
    { provide: traceReader, useValue: traces },
    { provide: linkReader, useValue: links },
    { provide: traceListReader, useValue: traceList },
    { provide: controlSource, useValue: control },
    { provide: statisticsSource, useValue: statistics },
    { provide: deploymentReader, useValue: deployments },
    { provide: deadDocuments, useValue: dead },
    { provide: deadDocumentLogs, useValue: { segments: log, metrics: metricLog } satisfies DeadDocumentLogs },
    { provide: deadMessages, useValue: options.deadMessages ?? null },
    { provide: liveSource, useValue: live },
    { provide: healthSource, useValue: health },
    { provide: ingestSource, useValue: ingest },
    { provide: installation, useValue: { region, accountId } },
  ];
}
