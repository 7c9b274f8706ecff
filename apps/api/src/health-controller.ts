import { metricsContentType, metricsText } from '@fluoroscope/runtime/counters';
import type { HealthReport } from '@fluoroscope/runtime/health';
import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { healthSource } from './tokens.js';

@Controller()
export class HealthController {
  constructor(@Inject(healthSource) private readonly health: () => HealthReport) {}

  @Get('livez')
  @Header('cache-control', 'no-store')
  livez(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('healthz')
  @Header('cache-control', 'no-store')
  healthz(@Res({ passthrough: true }) reply: FastifyReply): HealthReport {
    const report = this.health();
    if (report.status === 'unavailable') void reply.code(503);
    return report;
  }

  @Get('metrics')
  @Header('content-type', metricsContentType)
  metrics(): Promise<string> {
    return metricsText();
  }
}
