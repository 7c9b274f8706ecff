/** What is injected by interface rather than by class; each token bears the name of what it stands for. */
export const apiLogger = Symbol('ApiLogger');
export const logAppender = Symbol('LogAppender');
export const graphReader = Symbol('GraphReader');
export const historyReader = Symbol('HistoryReader');
export const faultReader = Symbol('FaultReader');
export const traceReader = Symbol('TraceReader');
export const linkReader = Symbol('LinkReader');
export const traceListReader = Symbol('TraceListReader');
export const controlSource = Symbol('ControlSource');
export const statisticsSource = Symbol('StatisticsSource');
export const deadDocuments = Symbol('DeadDocuments');
export const deadDocumentLogs = Symbol('DeadDocumentLogs');
export const deadMessages = Symbol('DeadMessages');
export const accessGate = Symbol('Gate');
export const installation = Symbol('Installation');
export const deploymentReader = Symbol('DeploymentReader');
export const healthSource = Symbol('HealthSource');
export const ingestSource = Symbol('IngestSource');
export const liveSource = Symbol('LiveSource');

/** What the api needs of a logger; pino's fits. */
export interface ApiLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** One installation is one account and one region. */
export interface Installation {
  region: string;
  accountId: string;
}
