// SPDX-License-Identifier: Apache-2.0
//! Reads what opentps emits with the implementations of other projects, and prints what they understood.
//!
//!     rust-judge ear2023|ear2026 TOKEN.jwt KEY.jwk     verify a result of that generation, print its status
//!     rust-judge ear2026-cwt TOKEN.cwt KEY.jwk         the same of a CWT
//!     rust-judge corim FILE                            decode a signed or unsigned CoRIM, print its id

use std::{env, fs, process::exit};

fn ear2023(token: &str, key: &str) -> Result<String, String> {
    let token = fs::read_to_string(token).map_err(|e| e.to_string())?;
    let key = fs::read(key).map_err(|e| e.to_string())?;
    let ear = ear_2023::Ear::from_jwt_jwk(token.trim(), ear_2023::Algorithm::ES256, &key).map_err(|e| e.to_string())?;
    let statuses: Vec<String> = ear.submods.values().map(|s| format!("{:?}", s.status)).collect();
    Ok(format!("{} {}", ear.profile, statuses.join(" ")))
}

fn ear2026(token: &str, key: &str) -> Result<String, String> {
    let token = fs::read_to_string(token).map_err(|e| e.to_string())?;
    let key = fs::read(key).map_err(|e| e.to_string())?;
    let ear = ear::Ear::from_jwt_jwk(token.trim(), ear::Algorithm::ES256, &key).map_err(|e| e.to_string())?;
    Ok(format!("{} {:?}", ear.profile, ear.most_severe_submod_status()))
}

fn ear2026_cwt(token: &str, key: &str) -> Result<String, String> {
    let token = fs::read(token).map_err(|e| e.to_string())?;
    let key = fs::read(key).map_err(|e| e.to_string())?;
    // the crate panics where a signature fails
    let verified = std::panic::catch_unwind(|| ear::Ear::from_cose_jwk(&token, ear::Algorithm::ES256, &key));
    let ear = verified.map_err(|_| "the crate refused it".to_string())?.map_err(|e| e.to_string())?;
    Ok(format!("{} {:?}", ear.profile, ear.most_severe_submod_status()))
}

fn corim(path: &str) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|e| e.to_string())?;
    let corim = corim_rs::Corim::from_cbor(bytes.as_slice()).map_err(|e| e.to_string())?;
    let kind = if corim.as_signed_ref().is_some() { "signed" } else { "unsigned" };
    Ok(format!("{} {} tags {}", kind, corim.as_map_ref().id, corim.as_map_ref().tags.len()))
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let outcome = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ear2023", token, key] => ear2023(token, key),
        ["ear2026", token, key] => ear2026(token, key),
        ["ear2026-cwt", token, key] => ear2026_cwt(token, key),
        ["corim", path] => corim(path),
        _ => Err("usage: rust-judge ear2023|ear2026|ear2026-cwt TOKEN KEY | corim FILE".to_string()),
    };
    match outcome {
        Ok(text) => println!("{text}"),
        Err(text) => {
            eprintln!("{text}");
            exit(1);
        }
    }
}
