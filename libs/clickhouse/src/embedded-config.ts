/** The configuration of the embedded ClickHouse, written anew at each start into files that only the owner can read. */

/**
 * The engine's first session logs in as `default` without a password, which would let any local user in. So `default` may
 * do no more than that session needs, and its quota is used up by it: one query to listen, one that waits on standard input.
 */
export function usersXml(username: string, password: string): string {
  return `<clickhouse>
  <profiles><default>
    <max_execution_time>60</max_execution_time>
  </default></profiles>
  <quotas>
    <default/>
    <startup><interval><duration>2000000000</duration><queries>2</queries></interval></startup>
  </quotas>
  <users>
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>default</profile>
      <quota>startup</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT READ ON FILE</query>
        <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
      </grants>
    </default>
    <${username}>
      <password>${password}</password>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT ALL ON *.*</query>
        <query>REVOKE FILE, URL, REMOTE, S3 ON *.*</query>
      </grants>
    </${username}>
  </users>
</clickhouse>
`;
}

/** A merge waits until it has more parts than by default (5): each row is then written again less often, a sixth of the engine's work. */
export function configXml(usersFile: string, maxMemoryBytes: number): string {
  return `<clickhouse>
  <logger><level>none</level></logger>
  <users_config>${usersFile}</users_config>
  <max_server_memory_usage>${maxMemoryBytes}</max_server_memory_usage>
  <max_concurrent_queries>100</max_concurrent_queries>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <merge_tree><merge_selector_base>12</merge_selector_base></merge_tree>
  <background_pool_size>2</background_pool_size>
  <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <max_thread_pool_size>200</max_thread_pool_size>
</clickhouse>
`;
}
