import { applyDecorators, Header, HttpCode, Post } from '@nestjs/common';

/** One operation of a REST JSON service: POST, and 200 where Nest would say 201. */
export function Operation(path: string): MethodDecorator {
  return applyDecorators(Post(path), HttpCode(200), Header('content-type', 'application/json'));
}
