//! Evaluates the conditions of a template.

use serde_json::Value;

use super::{intrinsics::Unresolved, scope::Scope};

impl Scope<'_> {
    pub(super) fn holds_at(&self, name: &str, depth: usize) -> Result<bool, Unresolved> {
        let condition = self.conditions.and_then(|all| all.get(name));
        let Some(condition) = condition else {
            return Err(Unresolved(format!("there is no condition {name}")));
        };
        self.is_true(condition, depth + 1)
    }

    /// Whether one of the condition functions, applied to `argument`, is true.
    pub(super) fn condition(
        &self,
        function: &str,
        argument: &Value,
        depth: usize,
    ) -> Result<bool, Unresolved> {
        let arguments = Self::arguments(argument)?;
        match (function, arguments) {
            ("Fn::Equals", [left, right]) => {
                Ok(self.text(left, depth)? == self.text(right, depth)?)
            }
            ("Fn::Not", [operand]) => Ok(!self.is_true(operand, depth)?),
            ("Fn::And", operands) => self.all_are(true, operands, depth),
            ("Fn::Or", operands) => Ok(!self.all_are(false, operands, depth)?),
            _ => Err(Unresolved(format!(
                "{function} has a wrong number of operands"
            ))),
        }
    }

    fn all_are(&self, value: bool, operands: &[Value], depth: usize) -> Result<bool, Unresolved> {
        for operand in operands {
            if self.is_true(operand, depth)? != value {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_true(&self, operand: &Value, depth: usize) -> Result<bool, Unresolved> {
        if let Some(name) = operand.get("Condition").and_then(Value::as_str) {
            return self.holds_at(name, depth);
        }
        match self.evaluate_at(operand, depth)? {
            Some(Value::Bool(value)) => Ok(value),
            _ => Err(Unresolved("a condition is needed here".to_owned())),
        }
    }
}
