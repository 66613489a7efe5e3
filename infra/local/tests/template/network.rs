//! The network leads nowhere but to the database and to three services.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::document::{Document, assert_kept, lacks};

const NETWORK: &str = "infra/network.yaml";
/// What would be a way to the internet, or a bill by the hour for one.
const WAYS_OUT: [&str; 6] = [
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::Route",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::EC2::TransitGatewayAttachment",
];

/// Every rule of every group: which group, which way, which port, and with whom.
fn rules(document: &Document) -> BTreeSet<String> {
    let mut rules = BTreeSet::new();
    let mut add = |group: &str, way: &str, rule: &Value| {
        let with = [
            "SourceSecurityGroupId",
            "DestinationSecurityGroupId",
            "CidrIp",
        ]
        .iter()
        .map(|name| &rule[name])
        .find(|with| !with.is_null())
        .unwrap();
        let with = with["Ref"].as_str().or(with.as_str()).unwrap();
        let port = (rule["FromPort"] == rule["ToPort"]).then_some(&rule["FromPort"]);
        rules.insert(format!(
            "{group} {way} {} {with}",
            port.unwrap_or(&json!("ports"))
        ));
    };
    for (id, group) in document.of_type("AWS::EC2::SecurityGroup") {
        for (way, name) in [
            ("in", "SecurityGroupIngress"),
            ("out", "SecurityGroupEgress"),
        ] {
            // A group without a rule of its own lets everything out.
            let none = json!([{ "CidrIp": "everywhere" }]);
            let is_open = way == "out" && group[name].is_null();
            let own = if is_open { &none } else { &group[name] };
            for rule in own.as_array().into_iter().flatten() {
                add(id, way, rule);
            }
        }
    }
    for (way, kind) in [
        ("in", "AWS::EC2::SecurityGroupIngress"),
        ("out", "AWS::EC2::SecurityGroupEgress"),
    ] {
        for (_, rule) in document.of_type(kind) {
            add(rule["GroupId"]["Ref"].as_str().unwrap(), way, rule);
        }
    }
    rules
}

fn endpoints(document: &Document) -> BTreeSet<String> {
    let all = document.of_type("AWS::EC2::VPCEndpoint").into_iter();
    all.map(|(_, endpoint)| {
        let service = endpoint["ServiceName"]["Fn::Sub"].as_str().unwrap();
        let kind = endpoint["VpcEndpointType"].as_str().unwrap();
        format!("{} {kind}", service.rsplit('.').next().unwrap())
    })
    .collect()
}

fn shortcomings(document: &Document) -> Vec<String> {
    let ways_out = WAYS_OUT.iter().flat_map(|kind| document.of_type(kind));
    let subnets = document.of_type("AWS::EC2::Subnet");
    let zones: BTreeSet<String> = subnets
        .iter()
        .map(|(_, subnet)| subnet["AvailabilityZone"].to_string())
        .collect();
    let expected_rules = [
        "DatabaseGroup in 5432 DatabaseGroup",
        "DatabaseGroup in 5432 FunctionGroup",
        "DatabaseGroup out 5432 DatabaseGroup",
        "DatabaseGroup out null 127.0.0.1/32",
        "EndpointGroup in 443 FunctionGroup",
        "EndpointGroup out null 127.0.0.1/32",
        "FunctionGroup out 443 0.0.0.0/0",
        "FunctionGroup out 5432 DatabaseGroup",
    ];
    let expected_endpoints = ["dynamodb Gateway", "s3 Gateway", "sqs Interface"];
    let wanted = [
        ("no way out", ways_out.count() == 0),
        (
            "private subnets in two zones",
            subnets.len() == 2
                && zones.len() == 2
                && subnets
                    .iter()
                    .all(|(_, one)| one["MapPublicIpOnLaunch"] == false),
        ),
        (
            "these rules",
            rules(document) == expected_rules.map(str::to_owned).into(),
        ),
        (
            "these endpoints",
            endpoints(document) == expected_endpoints.map(str::to_owned).into(),
        ),
    ];
    lacks("network", &wanted)
}

#[test]
fn nothing_leads_out_and_everything_needed_is_reached() {
    let breaks = [
        (
            "\n  Routes:\n",
            "\n  Out: {Type: AWS::EC2::NatGateway, Properties: {}}\n  Routes:\n",
            "network: no way out",
        ),
        (
            "AvailabilityZone: !Select [1, !GetAZs '']",
            "AvailabilityZone: !Select [0, !GetAZs '']",
            "network: private subnets in two zones",
        ),
        (
            "SourceSecurityGroupId: !Ref FunctionGroup, Description: Functions}",
            "CidrIp: 0.0.0.0/0, Description: Functions}",
            "network: these rules",
        ),
        (
            "        - {IpProtocol: '-1', CidrIp: 127.0.0.1/32, Description: Nobody}\n",
            "        - {IpProtocol: '-1', CidrIp: 0.0.0.0/0, Description: Everybody}\n",
            "network: these rules",
        ),
        (
            "ServiceName: !Sub com.amazonaws.${AWS::Region}.dynamodb",
            "ServiceName: !Sub com.amazonaws.${AWS::Region}.logs",
            "network: these endpoints",
        ),
    ];
    assert_kept(NETWORK, shortcomings, &breaks);
}
